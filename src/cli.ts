import { parseArgs } from 'node:util';
// One chunk for all commands: a file more to load costs more than the code in it that a command does not need.
import { runDoctor } from './commands/doctor.ts';
import { runLogin } from './commands/login.ts';
import { runLogout } from './commands/logout.ts';
import { runStatus } from './commands/status.ts';
import { helpText } from './core/help.ts';
import { toPrintable } from './core/printable.ts';
import type { ExitCode } from './core/report.ts';
import { version } from './core/version.ts';
import type { System } from './io/system.ts';

const optionsByCommand = {
  login: {
    json: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    'skip-verified': { type: 'boolean' },
    'exit-zero': { type: 'boolean' },
    only: { type: 'string', multiple: true },
  },
  status: { json: { type: 'boolean' }, 'exit-code': { type: 'boolean' }, quiet: { type: 'boolean' } },
  doctor: { json: { type: 'boolean' } },
  logout: { json: { type: 'boolean' } },
} as const;

type Command = keyof typeof optionsByCommand;

/** Runs `registry-login` with `system.args` and returns its exit code. */
export async function runCli(system: System): Promise<ExitCode> {
  // `--json status` too; what follows `--only` is a name.
  const at = system.args.includes('--only')
    ? 0
    : system.args.findIndex((arg) => arg === '--' || !arg.startsWith('-'));
  const first = system.args[Math.max(0, at)];
  const isCommand = first !== undefined && Object.hasOwn(optionsByCommand, first);
  const command = isCommand ? (first as Command) : 'login';
  const args = isCommand ? system.args.toSpliced(at, 1) : system.args;
  const end = args.indexOf('--');
  const flags = end === -1 ? args : args.slice(0, end);
  if (flags.includes('--help') || flags.includes('-h') || (!isCommand && first === 'help')) {
    system.stdout.write(helpText);
    return 0;
  }
  if (flags.includes('--version')) {
    system.stdout.write(`${version}\n`);
    return 0;
  }
  if (!isCommand && first !== undefined && !first.startsWith('-')) {
    return usageError(system, `There is no command ${JSON.stringify(first)}.`);
  }
  switch (command) {
    case 'login': {
      const parsed = parse(system, args, optionsByCommand.login, 0);
      if (parsed === null) return 2;
      return runLogin(system, {
        json: parsed.values.json ?? false,
        dryRun: parsed.values['dry-run'] ?? false,
        skipVerified: parsed.values['skip-verified'] ?? false,
        exitZero: parsed.values['exit-zero'] ?? false,
        only: parsed.values.only ?? [],
      });
    }
    case 'status': {
      const parsed = parse(system, args, optionsByCommand.status, 0);
      if (parsed === null) return 2;
      return runStatus(system, {
        json: parsed.values.json ?? false,
        exitCode: parsed.values['exit-code'] ?? false,
        quiet: parsed.values.quiet ?? false,
      });
    }
    case 'doctor': {
      const parsed = parse(system, args, optionsByCommand.doctor, Infinity);
      if (parsed === null) return 2;
      return runDoctor(system, { json: parsed.values.json ?? false, images: parsed.positionals });
    }
    case 'logout': {
      const parsed = parse(system, args, optionsByCommand.logout, Infinity);
      if (parsed === null) return 2;
      return runLogout(system, { json: parsed.values.json ?? false, servers: parsed.positionals });
    }
  }
}

type OptionsConfig = Record<string, { type: 'boolean' | 'string'; multiple?: boolean }>;

function parse<T extends OptionsConfig>(
  system: System,
  args: readonly string[],
  options: T,
  mostPositionals: number,
) {
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    if (parsed.positionals.length > mostPositionals) {
      usageError(system, `Unexpected argument ${JSON.stringify(parsed.positionals[mostPositionals])}.`);
      return null;
    }
    return parsed;
  } catch (error) {
    // parseArgs adds a hint on escaping in further sentences; the first says what is wrong.
    usageError(system, `${(error as Error).message.split(/\.\s/, 1)[0]?.replace(/\.$/, '')}.`);
    return null;
  }
}

function usageError(system: System, message: string): 2 {
  system.stderr.write(`registry-login: ${toPrintable(message)}\nRun registry-login --help for usage.\n`);
  return 2;
}
