import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startEcrStandIn, type StandInKey } from './ecr-stand-in.ts';

/**
 * Runs Debian's docker-credential-ecr-login against the stand-in on port 443 and prints what both of them saw. Meant for
 * mount and network namespaces of its own, in which the API's names are mapped to loopback: the helper has no endpoint option.
 * Arguments: a directory with `ca.pem`, `cert.pem`, `key.pem` and `runs.json`.
 */
export interface PeerRun {
  readonly server: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const [directory = ''] = process.argv.slice(2);
const { keys, runs } = JSON.parse(await readFile(join(directory, 'runs.json'), 'utf8')) as {
  keys: StandInKey[];
  runs: PeerRun[];
};
const tls = {
  cert: await readFile(join(directory, 'cert.pem'), 'utf8'),
  key: await readFile(join(directory, 'key.pem'), 'utf8'),
};
const standIn = await startEcrStandIn({ keys, tls, port: 443 });
const results: unknown[] = [];
for (const run of runs) results.push(await get(run));
await standIn.close();
process.stdout.write(JSON.stringify({ results, requests: standIn.requests, passwords: standIn.passwords }));

function get(run: PeerRun): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const helper = spawn('/usr/bin/docker-credential-ecr-login', ['get'], {
    env: {
      HOME: directory,
      PATH: '/usr/bin:/bin',
      SSL_CERT_FILE: join(directory, 'ca.pem'),
      AWS_ACCESS_KEY_ID: run.accessKeyId,
      AWS_SECRET_ACCESS_KEY: run.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ECR_DISABLE_CACHE: 'true',
    },
  });
  let stdout = '';
  let stderr = '';
  helper.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  helper.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  helper.stdin.end(run.server);
  return new Promise((resolve, reject) => {
    helper.once('error', reject);
    helper.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
