import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderText } from '../../src/core/report-text.ts';
import type { Report, RestartReason } from '../../src/core/report.ts';
import { situations } from '../support/report-situations.ts';
import { imageReport, problem, registryReport, report } from '../support/reports.ts';

function text(situation: Report, columns = 80): string {
  return `\n${renderText(situation, { columns, color: false })}`;
}

describe('at 80 columns', () => {
  test('one that is ok', () => {
    expect(text(situations.oneOk)).toMatchInlineSnapshot(`
      "
      ok           ACR  mycompany.azurecr.io  Logged in as acr-user.
      "
    `);
  });

  test('all ok: a line each', () => {
    expect(text(situations.threeOk)).toMatchInlineSnapshot(`
      "
      ok           ACR        mycompany.azurecr.io         Logged in as acr-user.
      ok           DOCKERHUB  https://index.docker.io/v1/  Logged in as someone.
      ok           GHCR       ghcr.io                      Logged in as octocat.
      "
    `);
  });

  test('all ok, but too long for a line each', () => {
    expect(text(situations.okWithLongHost)).toMatchInlineSnapshot(`
      "
      ok           ACR  mycompany.azurecr.io
                   Logged in as acr-user.
      ok           ECR  123456789012.dkr.ecr.eu-central-1.amazonaws.com
                   AWS accepted the keys; the token expires in 12 h.
      "
    `);
  });

  test('one rejected: cause, variable and next step under it', () => {
    expect(text(situations.rejected)).toMatchInlineSnapshot(`
      "
      ok           ACR   mycompany.azurecr.io  Logged in as acr-user.
      rejected     GHCR  ghcr.io
                   The login as octocat was rejected: HTTP 403 from ghcr.io: "denied".
                   To do: Check GHCR_CONTAINER_REGISTRY_USER and
                   GHCR_CONTAINER_REGISTRY_PASSWORD. GHCR wants a classic personal
                   access token with read:packages, SSO-authorised where the
                   organisation asks for it.
      "
    `);
  });

  test('two out of reach', () => {
    expect(text(situations.unreachable)).toMatchInlineSnapshot(`
      "
      unreachable  HARBOR  harbor.corp.example
                   harbor.corp.example could not be resolved (ENOTFOUND).
                   To do: Check HARBOR_CONTAINER_REGISTRY_SERVER for a typing error.
                   If the name is right, check the DNS or VPN of this container.
      unreachable  NEXUS   nexus.corp.example:8443
                   The certificate of nexus.corp.example:8443 was not accepted: its CA
                   is not known here (SELF_SIGNED_CERT_IN_CHAIN).
                   To do: Check NEXUS_CONTAINER_REGISTRY_SERVER. If the registry has a
                   certificate of your own CA, put the CA into
                   /etc/docker/certs.d/nexus.corp.example:8443/ca.crt or name it in
                   NODE_EXTRA_CA_CERTS.
      "
    `);
  });

  test('a registry that asks nobody', () => {
    expect(text(situations.unverified)).toMatchInlineSnapshot(`
      "
      unverified   OPEN  localhost:5000
                   Could not be verified: localhost:5000 lets everybody in.
      "
    `);
  });

  test('sets that cannot be used', () => {
    expect(text(situations.unusable)).toMatchInlineSnapshot(`
      "
      error        BAD
                   BAD_CONTAINER_REGISTRY_SERVER has a user name or password in it;
                   use the host alone.
                   To do: Set BAD_CONTAINER_REGISTRY_SERVER to the registry's host,
                   such as mycompany.azurecr.io.
      error        KEY  registry.example.com
                   An AWS access key may only go to AWS, and this host is not an ECR
                   registry. Nothing was sent.
                   To do: Set KEY_CONTAINER_REGISTRY_SERVER to the ECR host
                   (<account>.dkr.ecr.<region>.amazonaws.com), or
                   KEY_CONTAINER_REGISTRY_USER to this registry's user.
      "
    `);
  });

  test('incomplete sets and near misses: each said once', () => {
    expect(text(situations.incomplete)).toMatchInlineSnapshot(`
      "
      problem      The set ACR is incomplete: ACR_CONTAINER_REGISTRY_USER and
                   ACR_CONTAINER_REGISTRY_PASSWORD are missing or empty.
                   To do: Rename ACR_CONTAINER_REGISTRY_USERNAME to
                   ACR_CONTAINER_REGISTRY_USER. Add ACR_CONTAINER_REGISTRY_PASSWORD.
      problem      The set GAR is incomplete: GAR_CONTAINER_REGISTRY_PASSWORD is
                   missing or empty.
                   To do: Add GAR_CONTAINER_REGISTRY_PASSWORD.
      problem      CONTAINER_REGISTRY_SERVER is not read: the name is nearly right.
                   To do: Put a name of your choice in front:
                   MY_CONTAINER_REGISTRY_SERVER.

      If you have just added or changed a secret, stop and start: run
      \`gh codespace stop -c "fluffy-space-waffle-abc123"\`, then open it again.
      "
    `);
  });

  test('two sets for one server', () => {
    expect(text(situations.duplicates)).toMatchInlineSnapshot(`
      "
      ok           A  https://index.docker.io/v1/  Logged in as someone.
      problem      The sets A and B are for the same server; A is used, B is not.
                   To do: Remove the set B, or give it another server.
      "
    `);
  });

  test('nothing at all', () => {
    expect(text(situations.nothing)).toMatchInlineSnapshot(`
      "
      No registry secrets here. A set of them is <NAME>_CONTAINER_REGISTRY_SERVER,
      <NAME>_CONTAINER_REGISTRY_USER and <NAME>_CONTAINER_REGISTRY_PASSWORD.
      "
    `);
  });

  test('nothing to log out from', () => {
    expect(text(situations.nothingToLogOutFrom)).toMatchInlineSnapshot(`
      "
      Nothing to log out from.
      "
    `);
  });

  test('a dry run', () => {
    expect(text(situations.planned)).toMatchInlineSnapshot(`
      "
      planned      ACR  mycompany.azurecr.io
                   Would log in as acr-user and store the credentials.
      planned      ECR  123456789012.dkr.ecr.eu-central-1.amazonaws.com
                   Would exchange the AWS keys for a token and store it.
      "
    `);
  });

  test('a set that has gone', () => {
    expect(text(situations.removed)).toMatchInlineSnapshot(`
      "
      removed      ACR  mycompany.azurecr.io
                   The set is gone; what was stored for it has been removed.
      "
    `);
  });

  test('a broken config', () => {
    expect(text(situations.brokenConfig)).toMatchInlineSnapshot(`
      "
      ok           ACR  mycompany.azurecr.io  Logged in as acr-user.
      problem      /home/vscode/.docker/config.json is not JSON: line 3, column 5. It
                   was left as it is.
                   To do: Correct or remove it, then run \`registry-login login\` again.
      "
    `);
  });

  test('a stop and start is needed', () => {
    expect(text(situations.restartNeeded)).toMatchInlineSnapshot(`
      "
      ok           ACR  mycompany.azurecr.io  Configured as acr-user.

      A stop and start of the container is needed.
      - ACR_CONTAINER_REGISTRY_PASSWORD was updated in the secrets of the user at
        2026-11-02T09:30:00.000Z, after the start of this container
        (2026-11-02T08:00:00.000Z).
      - GHCR_CONTAINER_REGISTRY_SERVER is a secret of the repository, and not in this
        container.
      To do: Stop and start: run \`gh codespace stop -c "fluffy-space-waffle-abc123"\`,
      then open it again.
      "
    `);
  });

  test('none is needed, and status was asked', () => {
    expect(text(situations.restartNotNeeded)).toMatchInlineSnapshot(`
      "
      ok           ACR  mycompany.azurecr.io  Configured as acr-user.

      No stop and start of the container is needed.
      "
    `);
  });

  test('doctor with images', () => {
    expect(text(situations.doctor)).toMatchInlineSnapshot(`
      "
      ok           ACR     mycompany.azurecr.io
                   variables  All three are here.
                   resolve    mycompany.azurecr.io is 203.0.113.7.
                   login      Logged in as acr-user.
      unreachable  HARBOR  harbor.corp.example
                   variables  All three are here.
                   resolve    failed: harbor.corp.example could not be resolved
                              (ENOTFOUND).
                              To do: Check HARBOR_CONTAINER_REGISTRY_SERVER for a
                              typing error.
      ok           mycompany.azurecr.io/team/app:1.2
                   Can be pulled as acr-user.
               sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
      failed       ghcr.io/octo-org/private:1
                   The token has no pull scope for it: the package is private.
                   To do: Grant octocat read access to the package.
      unknown      harbor.corp.example/team/app
                   harbor.corp.example could not be resolved (ENOTFOUND).
      "
    `);
  });

  test('so many that they are counted', () => {
    expect(text(situations.many)).toMatchInlineSnapshot(`
      "
      ok           A  a.example.com  Logged in as someone.
      ok           B  b.example.com  Logged in as someone.
      ok           C  c.example.com  Logged in as someone.
      ok           D  d.example.com  Logged in as someone.
      ok           E  e.example.com  Logged in as someone.
      rejected     F  f.example.com
                   The login as someone was rejected: HTTP 401 from f.example.com.
                   To do: Check F_CONTAINER_REGISTRY_USER and
                   F_CONTAINER_REGISTRY_PASSWORD.
      6 registries: 5 ok, 1 rejected.
      "
    `);
  });

  test('long names', () => {
    expect(text(situations.longNames)).toMatchInlineSnapshot(`
      "
      ok           THE_REGISTRY_OF_THE_COMPANY
                   123456789012.dkr.ecr.eu-central-1.amazonaws.com
                   Logged in as someone.
      rejected     X                            x.example.com
                   The login as someone was rejected: HTTP 401 from x.example.com.
                   To do: Check X_CONTAINER_REGISTRY_USER and
                   X_CONTAINER_REGISTRY_PASSWORD.
      "
    `);
  });
});

/** A word that may not be broken, or a command in backticks, perhaps behind the status. */
const unbreakable = /^(?:[a-z]+ +|\s*(?:- )?)(?:`[^`]*`\S*|\S+)$/;

describe.each(Object.entries(situations))('%s', (_name, situation) => {
  test.each([40, 60, 80, 100])('has no line over %i columns, unless one word is longer', (columns) => {
    for (const line of text(situation, columns).split('\n')) {
      if (line.length > columns) expect(line).toMatch(unbreakable);
    }
  });

  test('has no white space at the end of a line, and one newline at its own end', () => {
    const rendered = text(situation);
    expect(rendered).not.toMatch(/[ \t]$/m);
    expect(rendered).toMatch(/[^\n]\n$/);
  });

  test('says the same in colour: only escape codes are added, and each ends on its line', () => {
    const colored = renderText(situation, { columns: 80, color: true });
    expect(colored.replaceAll(/\u001B\[\d+m/g, '')).toBe(
      renderText(situation, { columns: 80, color: false }),
    );
    for (const line of colored.split('\n')) {
      expect((line.match(/\u001B\[3\dm/g) ?? []).length).toBe((line.match(/\u001B\[0m/g) ?? []).length);
    }
  });

  test('says nothing in signs that are not read out, and no password', () => {
    expect(text(situation)).toMatch(/^[\n -~]*$/);
    expect(text(situation)).not.toContain('hunter2');
  });

  test('says every message, every advice and every reason of the report that repeats no problem', () => {
    const said = text(situation).replaceAll(/\s+/g, ' ');
    const { registries, problems, restart }: Report = situation;
    const sentences = [
      ...registries.flatMap(({ name, server, message, advice, steps }) => [
        name,
        server,
        steps === undefined ? message : null,
        advice,
      ]),
      ...problems
        .filter(({ code, name }) => code !== 'near-miss' || name === null)
        .map(({ advice }) => advice),
      ...restart.reasons.filter(({ source }) => source !== 'heuristic').map(({ message }) => message),
      restart.how,
    ];
    for (const sentence of sentences) if (sentence !== null) expect(said).toContain(sentence);
  });
});

describe('width', () => {
  const wide = situations.rejected;

  test.each([0, -1, Number.NaN])('a terminal of %d columns counts as 80', (columns) => {
    expect(text(wide, columns)).toBe(text(wide, 80));
  });

  test('lines longer than 100 are hard to read, so a wide terminal counts as 100', () => {
    expect(text(wide, 250)).toBe(text(wide, 100));
  });

  test('under 40 columns the text is that of 40', () => {
    expect(text(wide, 10)).toBe(text(wide, 40));
  });
});

describe('reasons that differ by the secret alone are said once', () => {
  test.each([
    [
      'is a secret of the repository, and not in this container.',
      '- A and B are secrets of the repository, and not in this container.',
    ],
    ['is in .env-secrets, and not in this shell.', '- A and B are in .env-secrets, and not in this shell.'],
    [
      'is not here, though updated in the secrets of the user.',
      '- A and B are not here, though updated in the secrets of the user.',
    ],
    ['was here at the last start, and no longer.', '- A and B were here at the last start, and no longer.'],
    [
      'has another value in .env-secrets than in this shell.',
      '- A and B have another value in .env-secrets than in this shell.',
    ],
  ])('%s', (rest, line) => {
    const reasons = ['A', 'B'].map((secret): RestartReason => ({
      secret,
      source: 'github-repository',
      message: `${secret} ${rest}`,
    }));
    expect(text(report({ restart: { needed: 'yes', reasons, how: null } }))).toContain(`\n${line}\n`);
  });
});

test('a shell that lacks what the secrets files hold is behind; the container may be well', () => {
  const reason: RestartReason = { secret: 'A', source: 'secrets-file', message: 'A is in a file.' };
  expect(text(report({ restart: { needed: 'yes', reasons: [reason], how: null } }))).toContain(
    '\nThis shell is behind the secrets of the codespace.\n- A is in a file.\n',
  );
});

test('control characters from outside do not reach the terminal', () => {
  const hostile = 'a\u001B[2Jb\rc\u009B1md\u202Ee\u2028f\tg';
  const rendered = renderText(
    report({
      registries: [
        registryReport({ name: 'X', server: hostile, message: hostile }),
        registryReport({ name: 'Y', server: null, status: 'error', message: hostile, advice: hostile }),
      ],
      problems: [problem({ message: hostile, advice: hostile })],
      restart: {
        needed: 'yes',
        reasons: [{ secret: 'X', source: 'expect', message: hostile }],
        how: hostile,
      },
      images: [imageReport({ image: hostile, message: hostile, digest: hostile, advice: hostile })],
    }),
    { columns: 80, color: false },
  );
  expect(rendered).toMatch(/^[\n -~]*$/);
});

test('for every message, wrapping loses no word', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[!-_a-~]{1,60}$/), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 40, max: 100 }),
      (words, columns) => {
        const rendered = text(report({ problems: [problem({ message: words.join(' ') })] }), columns);
        expect(rendered.split(/\s+/).filter((word) => word !== '')).toEqual(['problem', ...words]);
      },
    ),
  );
});
