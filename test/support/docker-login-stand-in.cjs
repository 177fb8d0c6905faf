// What `docker login KEY` does to the config (docker/cli v28 cli/config/configfile/file.go Load and Save): reads it all when it starts,
// asks a registry (here: waits for `ms`, or for a line on stdin where that is `stdin`), writes it all when it ends.
// Usage: node docker login KEY ms|stdin   ($DOCKER_CONFIG names the directory)
const fs = require('node:fs');
const path = require('node:path');

const [, , subcommand, key, wait] = process.argv;
const file = path.join(process.env.DOCKER_CONFIG, 'config.json');

let config = { auths: {} };
try {
  config = JSON.parse(fs.readFileSync(file, 'utf8'));
} catch (error) {
  if (error.code !== 'ENOENT') throw error;
}
process.stdout.write('read\n');

function save() {
  config.auths ??= {};
  if (subcommand === 'logout') delete config.auths[key];
  else config.auths[key] = { auth: Buffer.from(`${key}:docker`).toString('base64') };
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = path.join(
    path.dirname(file),
    `config.json${process.pid}${Math.floor(Math.random() * 1e9)}`,
  );
  fs.writeFileSync(temporary, JSON.stringify(config, null, '\t'), { mode: 0o600, flag: 'wx' });
  let target = file;
  try {
    target = fs.realpathSync(file);
  } catch {
    // As docker does: there is no file yet.
  }
  fs.renameSync(temporary, target);
}

if (wait === 'stdin') process.stdin.once('data', () => (save(), process.exit(0)));
else setTimeout(save, Number(wait));
