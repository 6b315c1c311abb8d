import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from './usage-error.ts'

/** One option of a command: also an environment variable, and a key of the configuration file. */
export interface Setting {
  /** As commander writes it: `--data-dir <directory>`. */
  readonly flags: string
  readonly description: string
  readonly default?: string | number | boolean | readonly string[]
  /** What the default means, where its value does not say it. */
  readonly defaultMeaning?: string
  readonly parse?: (text: string, previous: unknown) => unknown
}

/** A key that none of the loaded commands knows. */
export class UnknownKeyError extends UsageError {}

export const defaultConfigurationFile = 'skewproof.config.json'

/** Adds the settings to a command. A flag counts before the environment, that before the file, that before the default. */
export function addSettings(command: Command, settings: readonly Setting[]): Command {
  for (const setting of settings) command.addOption(optionFor(setting))
  command.option(
    '--config <file>',
    `configuration file (default: ${defaultConfigurationFile}, where there is one)`,
  )
  return command.hook('preAction', readConfiguration)
}

function optionFor({ flags, description, default: fallback, defaultMeaning, parse }: Setting): Option {
  const option = new Option(flags, description)
  option.env(`SKEWPROOF_${option.name().replaceAll('-', '_').toUpperCase()}`)
  if (fallback !== undefined) option.default(fallback, defaultMeaning)
  if (parse !== undefined) option.argParser(parse)
  return option
}

/** Fills in what neither the command line nor the environment has set. */
function readConfiguration(command: Command): void {
  const { config } = command.opts<{ config?: string }>()
  const values = readFile(config)
  for (const [key, value] of Object.entries(values)) {
    const option = findOption(command, key)
    if (option === undefined) {
      // The file serves all commands; only what none of them knows is a mistake.
      if (knownKeys(command).has(key)) continue
      throw new UnknownKeyError(`the configuration file has an unknown key "${key}"`)
    }
    const source = command.getOptionValueSource(key)
    if (source !== 'default' && source !== undefined) continue
    command.setOptionValueWithSource(key, convert(option, value), 'config')
  }
}

function findOption(command: Command, key: string): Option | undefined {
  return command.options.find(option => option.attributeName() === key && key !== 'config')
}

function knownKeys(command: Command): ReadonlySet<string> {
  const root = rootOf(command)
  const commands = [root, ...root.commands, ...root.commands.flatMap(child => child.commands)]
  return new Set(commands.flatMap(one => one.options.map(option => option.attributeName())))
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent)
}

function convert(option: Option, value: unknown): unknown {
  if (typeof value === 'boolean' && !option.required && !option.optional) return value
  // A list stands for an option that may be repeated.
  const text = Array.isArray(value) ? value.join(',') : value
  if (typeof text !== 'string' && typeof text !== 'number') {
    throw new UsageError(`the configuration file's "${option.attributeName()}" must be a string or a number`)
  }
  try {
    return option.parseArg === undefined ? String(text) : option.parseArg(String(text), undefined)
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw new UsageError(`the configuration file's "${option.attributeName()}": ${error.message}`)
  }
}

function readFile(path: string | undefined): Record<string, unknown> {
  const text = readText(path ?? defaultConfigurationFile, path !== undefined)
  if (text === undefined) return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Said below.
  }
  throw new UsageError(`the configuration file ${path ?? defaultConfigurationFile} is not a JSON object`)
}

function readText(path: string, isNamed: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (!isNamed && isMissing(error)) return undefined
    throw new UsageError(`the configuration file ${path} cannot be read`)
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
