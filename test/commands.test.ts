/**
 * The commands `rddm …` and `npx rddm …` in the documentation, and in the commands' own examples, are valid: known
 * commands, options and choices, and all required ones present. Nothing is run.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Command } from 'commander';
import { buildProgram } from '../src/cli/program.ts';
import { pages, root } from './support/pages.ts';

// A changelog may mention removed commands.
const documents = pages.filter((page) => page !== 'CHANGELOG.md');
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Lines of code blocks, which readers type, and code spans in the text, which may leave things out. */
function codeOf(text: string) {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter(([, language]) => language === 'sh');
  const whole = blocks.flatMap(([, , code]) => code.replaceAll('\\\n', ' ').split(/\n|\s&&\s/));
  return { whole, mentioned: [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code) };
}

/**
 * The words of an rddm command, without its comment; undefined for other commands, and for names such as `rddm train`
 * alone.
 */
function wordsOf(line: string): string[] | undefined {
  const [command] = line.replace(/^\s*\$ /, '').split(/\s{2,}|\s(?:#|\||>)/);
  const words = command.match(/"[^"]*"|'[^']*'|\S+/g)?.map((word) => word.replaceAll(/^["']|["']$/g, '')) ?? [];
  if (words[0] === 'npx') words.shift();
  const [name, first, ...rest] = words;
  const isCommand = name === 'rddm' && first !== undefined && rest.length > 0 && !words.includes('…');
  return isCommand ? words.slice(1) : undefined;
}

/** The program, with commands that do nothing. */
function idle(): Command {
  const program = buildProgram();
  const quiet = (command: Command): void => {
    if (command.commands.length === 0) command.action(() => {});
    command.configureOutput({ writeErr: () => {}, writeOut: () => {} }).exitOverride();
    command.commands.forEach(quiet);
  };
  quiet(program);
  return program;
}

/** What a mention may leave out. */
const lacks = ['commander.missingArgument', 'commander.missingMandatoryOptionValue', 'commander.optionMissingArgument'];

async function check(words: readonly string[], isMention = false): Promise<void> {
  const allowed = ['commander.helpDisplayed', 'commander.help', ...(isMention ? lacks : [])];
  await idle()
    .parseAsync(['node', 'rddm', ...words])
    .catch((error) => {
      if (!allowed.includes(error.code)) throw error;
    });
}

describe('commands of the documentation', () => {
  for (const page of documents) {
    const { whole, mentioned } = codeOf(textOf(page));
    // The commands of docs/paper.md are code spans in a table, and complete.
    const areTyped = page === 'docs/paper.md';
    for (const line of new Set([...whole, ...mentioned])) {
      const words = wordsOf(line);
      const isMention = !areTyped && !whole.includes(line);
      if (words) it(`${page}: rddm ${words.join(' ')}`, () => check(words, isMention));
    }
  }

  it('are found', () => {
    assert.ok(codeOf(textOf('docs/paper.md')).mentioned.filter(wordsOf).length > 30);
    assert.ok(codeOf(textOf('README.md')).whole.filter(wordsOf).length > 4);
  });
});

describe('examples of the help', () => {
  const helpOf = (command: Command): string => {
    let text = '';
    command.configureOutput({ writeOut: (part) => (text += part) });
    command.outputHelp();
    return text;
  };
  let found = 0;
  const visit = (command: Command): void => {
    it(`${command.name()}: no template is left open in the help`, () => {
      assert.doesNotMatch(helpOf(command), /\$\w|\$\{|undefined|\[object/);
    });
    for (const line of helpOf(command).split('\n')) {
      const words = line.trim().startsWith('$ rddm') ? wordsOf(line) : undefined;
      if (!words) continue;
      found++;
      it(`${command.name()}: rddm ${words.join(' ')}`, () => check(words));
    }
    command.commands.forEach(visit);
  };
  visit(buildProgram());

  it('are found', () => assert.ok(found > 20));
});
