import process from 'node:process'
import type { Command } from 'commander'
import { type FleetStatus, judgeFleet } from 'skewproof/fleet'
import { renderFleet } from '../fleet/render.ts'
import { printable, printableJson } from '../printable.ts'
import { UsageError } from '../usage-error.ts'
import { print } from './output.ts'
import { addServiceOptions, callServiceOk, type ServiceOptions } from './service-client.ts'
import { screen, watch } from './watch.ts'

interface FleetOptions extends ServiceOptions {
  readonly watch?: boolean
}

/** Some thousands of nodes. */
const maxAnswerBytes = 33_554_432

export function fleetCommand(program: Command): void {
  addServiceOptions(program.command('fleet').description("every node's clock, and who is wrong"))
    .option('--watch', 'go on, once a second, until interrupted; with --json, one document a line')
    .action(showFleet)
}

async function showFleet(options: FleetOptions): Promise<void> {
  const show = options.watch === true ? watcher(options.json === true) : once(options.json)
  const showNow = async (): Promise<void> => {
    const fleet = await readFleet(options)
    show(fleet)
    process.exitCode = judgeFleet(fleet).isFinding ? 1 : 0
  }
  if (options.watch === true) await watch(showNow)
  else await showNow()
}

function once(isJson: boolean | undefined): (fleet: FleetStatus) => void {
  return fleet => print(isJson, fleet, renderFleet(fleet))
}

function watcher(isJson: boolean): (fleet: FleetStatus) => void {
  if (isJson) return fleet => void process.stdout.write(`${printableJson(fleet)}\n`)
  if (!process.stdout.isTTY) return fleet => void process.stdout.write(`${printable(fleet.sentence)}\n`)
  const draw = screen()
  return fleet => draw(renderFleet(fleet))
}

async function readFleet(options: FleetOptions): Promise<FleetStatus> {
  const body = await callServiceOk(options, {
    method: 'GET',
    path: '/v1/fleet',
    mayBeAnonymous: true,
    maxAnswerBytes,
  })
  if (!Array.isArray(body['nodes']))
    throw new UsageError(`${options.url} knows no fleet; is it of an earlier version?`)
  return body as unknown as FleetStatus
}
