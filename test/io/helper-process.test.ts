import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askHelper, type HelperAnswer } from '../../src/io/helper-process.ts';
import { temporaryHome, type TemporaryHome } from '../support/temporary-home.ts';

let home: TemporaryHome;
beforeEach(() => {
  home = temporaryHome();
});
afterEach(() => home[Symbol.dispose]());

async function ask(script: string, timeoutMs = 5000, mode = 0o755): Promise<HelperAnswer> {
  home.write('bin/docker-credential-stub', script, mode);
  return await askHelper(
    { PATH: `${home.path}/bin:/usr/bin:/bin` },
    'stub',
    'registry.example.com',
    timeoutMs,
  );
}

describe('what a helper says', () => {
  test('it gets the server on stdin, without a newline, and `get` as its only argument', async () => {
    const answer = await ask('#!/bin/sh\nprintf \'{"Username":"%s","Secret":"%s"}\' "$*" "$(cat)"\n');
    expect(
      answer.outcome === 'found' && [answer.credential.username, answer.credential.password.reveal()],
    ).toEqual(['get', 'registry.example.com']);
  });

  test('a user <token> has an identity token', async () => {
    const answer = await ask('#!/bin/sh\necho \'{"Username":"<token>","Secret":"planted"}\'\n');
    expect(answer.outcome === 'found' && answer.credential.identityToken?.reveal()).toBe('planted');
    expect(JSON.stringify(answer)).not.toContain('planted');
  });

  test.each<[claim: string, script: string, outcome: HelperAnswer['outcome']]>([
    [
      'the fixed message means not found',
      '#!/bin/sh\necho credentials not found in native keychain; exit 1\n',
      'not-found',
    ],
    ['any other message is a failure', '#!/bin/sh\necho not found; exit 1\n', 'fails'],
    [
      'the fixed message without a failure is no answer',
      '#!/bin/sh\necho credentials not found in native keychain\n',
      'fails',
    ],
    ['a secret that is no text', '#!/bin/sh\necho \'{"Username":"x","Secret":1}\'\n', 'fails'],
    ['null', '#!/bin/sh\necho null\n', 'fails'],
    ['a program of another machine', '\u007FELF nonsense', 'fails'],
    ['an interpreter that is not there', '#!/nowhere/at/all\n', 'fails'],
  ])('%s', async (_claim, script, outcome) => {
    expect((await ask(script)).outcome).toBe(outcome);
  });

  test('one that may not be executed is not there', async () => {
    expect((await ask('#!/bin/sh\n', 5000, 0o644)).outcome).toBe('missing');
  });
});

describe('one that hangs is not waited for', () => {
  test.each([
    ['itself', '#!/bin/sh\nexec sleep 5\n'],
    ['in a child that holds its output open', '#!/bin/sh\nsleep 5\n'],
    ['deaf to SIGTERM', "#!/bin/sh\ntrap '' TERM\nexec sleep 5\n"],
  ])('%s', async (_claim, script) => {
    expect((await ask(script, 300)).outcome).toBe('hangs');
  });
});
