// Named static exports behind a dynamic import of this file: a bundler keeps these two and drops the rest of the client.
export { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
