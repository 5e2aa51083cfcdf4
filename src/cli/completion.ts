import { type Command, parseOptions, UsageError } from './command.ts';
import { COMMANDS } from './commands.ts';

const PROGRAMS = ['gateway', 'sage-gateway'];

/** What may come next, by the words already typed: after `schema` come `print`, `save` and so on. */
export interface Completions {
  readonly first: readonly string[];
  /** Second words, by the first. */
  readonly second: ReadonlyMap<string, readonly string[]>;
  /** Options, by the whole name of the command. */
  readonly options: ReadonlyMap<string, readonly string[]>;
}

/** Prints a script for a shell, generated from the list of commands. */
export const completion: Command = async ({ args, stdout }) => {
  const { positionals } = parseOptions(args, {}, ['SHELL']);
  const [shell = ''] = positionals;
  const print = SHELLS[shell];
  if (!print) throw new UsageError(`Unknown shell "${shell}". Use one of ${Object.keys(SHELLS).join(', ')}.`);
  stdout.write(print(toCompletions(COMMANDS)));
  return 0;
};

function toCompletions(commands: Readonly<Record<string, { readonly usage: string }>>): Completions {
  const first = new Set<string>();
  const second = new Map<string, string[]>();
  const options = new Map<string, readonly string[]>();
  for (const [name, { usage }] of Object.entries(commands)) {
    const [one = '', two] = name.split(' ');
    first.add(one);
    if (two !== undefined) second.set(one, [...(second.get(one) ?? []), two]);
    options.set(name, [...new Set([...(usage.match(/--[a-z-]+/g) ?? []), '--help'])]);
  }
  return { first: [...first, '--help', '--version'], second, options };
}

const SHELLS: Readonly<Record<string, (completions: Completions) => string>> = {
  bash: toBash,
  zsh: toZsh,
  fish: toFish,
  powershell: toPowerShell,
};

/** Branches of a `case` over the words before the cursor, the longest first. */
function toCases({ first, second, options }: Completions): string {
  const branches = [...options].map(([name, words]) => `    '${name} '*) found='${words.join(' ')}' ;;`);
  const groups = [...second].map(([name, words]) => `    '${name} ') found='${words.join(' ')}' ;;`);
  return [...branches, ...groups, `    '') found='${first.join(' ')}' ;;`].join('\n');
}

/** The value of an option is often a file: if no word fits, the shell offers files. */
function toBash(completions: Completions): string {
  return `# gateway completion bash > /etc/bash_completion.d/gateway, or: source <(gateway completion bash)
_gateway() {
  local before='' found='' index
  for ((index = 1; index < COMP_CWORD; index++)); do before+="\${COMP_WORDS[index]} "; done
  case "$before" in
${toCases(completions)}
  esac
  COMPREPLY=($(compgen -W "$found" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _gateway ${PROGRAMS.join(' ')}
`;
}

function toZsh(completions: Completions): string {
  return `#compdef ${PROGRAMS.join(' ')}
# gateway completion zsh > "\${fpath[1]}/_gateway"
_gateway() {
  local before='' found='' index
  for ((index = 2; index < CURRENT; index++)); do before+="\${words[index]} "; done
  case "$before" in
${toCases(completions)}
  esac
  compadd -- \${=found} || _files
}
compdef _gateway ${PROGRAMS.join(' ')}
`;
}

function toFish({ first, second, options }: Completions): string {
  const lines = [
    '# gateway completion fish > ~/.config/fish/completions/gateway.fish',
    'function __gateway_is',
    "  string match -q -- \"$argv *\" (string join -- ' ' (commandline -opc)[2..-1])' '",
    'end',
    'function __gateway_is_at',
    '  test (count (commandline -opc)) -eq $argv[1]',
    'end',
  ];
  const commands = first.filter((word) => !word.startsWith('-'));
  for (const program of PROGRAMS) {
    lines.push(`complete -c ${program} -n '__gateway_is_at 1' -f -a '${commands.join(' ')}'`);
    for (const [name, words] of second)
      lines.push(`complete -c ${program} -n '__gateway_is_at 2; and __gateway_is ${name}' -f -a '${words.join(' ')}'`);
    for (const [name, words] of options)
      for (const word of words) lines.push(`complete -c ${program} -n '__gateway_is ${name}' -l ${word.slice(2)}`);
  }
  return `${lines.join('\n')}\n`;
}

function toPowerShell({ first, second, options }: Completions): string {
  const entries = [['', first] as const, ...second, ...options];
  // A group such as "schema" has second words; a command of one word has options.
  const table = entries.map(([name, words]) => `    '${name}' = @(${words.map((word) => `'${word}'`).join(', ')})`);
  return `# gateway completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName ${PROGRAMS.join(', ')} -ScriptBlock {
  param($word, $command, $position)
  $next = @{
${table.join('\n')}
  }
  $before = @($command.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { $_.ToString() })
  foreach ($count in 2, 1, 0) {
    if ($before.Count -lt $count) { continue }
    if ($count -eq 0 -and $before.Count -gt 0) { return }
    $name = ($before | Select-Object -First $count) -join ' '
    if ($next.ContainsKey($name)) {
      $next[$name] | Where-Object { $_ -like "$word*" } |
        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
      return
    }
  }
}
`;
}
