import process from 'node:process'
import type { Command } from 'commander'
import { addSettings } from '../configuration.ts'
import type { AgentSettings } from '../fleet/agent.ts'
import { nodeSetting, sourceSetting } from '../host-clock.ts'
import { redisSettings } from '../redis-settings.ts'

export function agentCommand(program: Command): void {
  const command = program
    .command('agent')
    .description("report this machine's clock to the fleet, for machines without the service")
  addSettings(command, [...redisSettings, sourceSetting, nodeSetting]).action(runAgent)
}

async function runAgent(settings: AgentSettings): Promise<void> {
  // Loaded here, so that the other commands do not wait for it.
  const { startAgent } = await import('../fleet/agent.ts')
  const agent = await startAgent(settings, line => void process.stdout.write(`${line}\n`))
  await new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve())
  })
  await agent.stop()
}
