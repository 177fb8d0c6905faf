export const helpText = `Usage: registry-login [login] [options]
       registry-login status [--json] [--exit-code] [--quiet]
       registry-login doctor [IMAGE]... [--json]
       registry-login logout [SERVER]... [--json]

Logs in to every private image registry whose secrets are in the environment,
verifies each login, and says which secret to fix where one fails.

Commands:
  login    Log in with every set of secrets (the default)
  status   Show what is configured, and whether a stop and start is needed
  doctor   Check each set step by step, and whether each IMAGE can be pulled
  logout   Remove what login wrote, for every SERVER or for all

Options:
  --json           Print one JSON object
  --dry-run        login: show what would be done; send and write nothing
  --skip-verified  login: do not send again what was verified since the start
  --only NAME      login: this set alone; may be given several times
  --exit-zero      login: exit with 0 whatever happens, but for wrong usage
  --exit-code      status: exit with 10 when a stop and start is needed
  --quiet          status: print nothing when all is well
  -h, --help       Show this help
  --version        Show the version

Environment:
  <NAME>_CONTAINER_REGISTRY_SERVER         the registry's host
  <NAME>_CONTAINER_REGISTRY_USER           user name, or AWS access key id
  <NAME>_CONTAINER_REGISTRY_PASSWORD       password, token or AWS secret key
  <NAME>_CONTAINER_REGISTRY_SESSION_TOKEN  for temporary AWS keys
  DOCKER_CONFIG                            directory of Docker's config.json
  REGISTRY_LOGIN_<OPTION>                  overrides an option of the Feature:
                                           CREDENTIAL_STORE, TIMEOUT, GITHUB,
                                           EXPECT, INSECURE_REGISTRIES,
                                           TRUSTED_AUTH_HOSTS, ON_FAILURE,
                                           CHECK_ON_ATTACH
  REGISTRY_LOGIN_GITHUB_TOKEN              lets status read GitHub's lists
  REGISTRY_LOGIN_SECRETS_DIR               where Codespaces keeps its secrets
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY        proxies, as usual
  NODE_EXTRA_CA_CERTS                      file of further CAs to trust
  NO_COLOR                                 no colour, if not empty

Docker itself asks docker-credential-registry-login for ECR tokens.

Exit codes:
  0   all well, or nothing to do
  1   a login failed, or a set is incomplete
  2   wrong usage
  3   a config or state file could not be read or written; it is untouched
  10  status --exit-code: a stop and start is needed

Examples:
  registry-login
  registry-login doctor mycompany.azurecr.io/team/app:1.2
`;
