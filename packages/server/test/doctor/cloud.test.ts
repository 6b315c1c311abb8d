import { describe, expect, it } from 'vitest'
import type { CheckStatus } from '../../src/doctor/check.ts'
import { judgeCloud } from '../../src/doctor/cloud.ts'
import { gatherCloud } from '../../src/doctor/gather-cloud.ts'
import { machineWith, processFiles } from '../support/machine.ts'

const dmi = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, text]) => [`sys/class/dmi/id/${name}`, `${text}\n`]))

const aws = dmi({ sys_vendor: 'Amazon EC2', product_name: 'm7g.large' })
const xen = dmi({ sys_vendor: 'Xen', bios_version: '4.11.amazon', product_name: 'HVM domU' })
const gcp = dmi({ sys_vendor: 'Google', product_name: 'Google Compute Engine' })
const azure = dmi({
  sys_vendor: 'Microsoft Corporation',
  product_name: 'Virtual Machine',
  chassis_asset_tag: '7783-7084-3265-9085-8269-3286-77',
})
const hyperV = dmi({ sys_vendor: 'Microsoft Corporation', product_name: 'Virtual Machine' })
const laptop = dmi({ sys_vendor: 'LENOVO', product_name: '20XW' })

const chronyRuns = processFiles(5, '/usr/sbin/chronyd')
const chrony = (text: string): Record<string, string> => ({ 'etc/chrony/chrony.conf': text, ...chronyRuns })

it.each<[string, CheckStatus, RegExp, Record<string, string>]>([
  ['a laptop', 'skip', /not a machine of/, laptop],
  ['a machine without DMI', 'skip', /not a machine of/, {}],
  ['a Hyper-V that is not Azure', 'skip', /not a machine of/, hyperV],
  [
    'AWS with a pool',
    'warn',
    /on AWS, whose own/,
    { ...aws, ...chrony('pool 2.debian.pool.ntp.org iburst\n') },
  ],
  ['AWS with its server', 'pass', /"server 169/, { ...aws, ...chrony('server 169.254.169.123 prefer\n') }],
  ['AWS with its server on IPv6', 'pass', /fd00/, { ...aws, ...chrony('  server fd00:ec2::123 iburst\n') }],
  ['AWS with its hardware clock', 'pass', /PHC/, { ...aws, ...chrony('refclock PHC /dev/ptp_ena poll 0\n') }],
  [
    'AWS with its server in a comment',
    'warn',
    /not used/,
    { ...aws, ...chrony('# server 169.254.169.123\n') },
  ],
  ['AWS on Xen', 'warn', /on AWS/, xen],
  [
    'AWS with its server in a folder',
    'pass',
    /in \/etc\/chrony\/sources.d\/aws.sources/,
    { ...aws, ...chronyRuns, 'etc/chrony/sources.d/aws.sources': 'server 169.254.169.123\n' },
  ],
  [
    'AWS with its server in the configuration of a daemon that does not run',
    'warn',
    /not used/,
    { ...aws, ...chronyRuns, 'etc/systemd/timesyncd.conf': '[Time]\nNTP=169.254.169.123\n' },
  ],
  [
    'AWS with timesyncd',
    'pass',
    /NTP=169/,
    {
      ...aws,
      ...processFiles(5, '/lib/systemd/systemd-timesyncd'),
      'etc/systemd/timesyncd.conf': '[Time]\nNTP=169.254.169.123\n',
    },
  ],
  ['Google with its server', 'pass', /metadata/, { ...gcp, ...chrony('server metadata.google.internal\n') }],
  ['Google with a pool', 'warn', /on Google Cloud/, { ...gcp, ...chrony('pool pool.ntp.org\n') }],
  [
    'Azure with its device',
    'pass',
    /ptp_hyperv/,
    { ...azure, ...chrony('refclock PHC /dev/ptp_hyperv poll 3\n') },
  ],
  ['Azure with a pool', 'warn', /on Azure/, { ...azure, ...chrony('pool pool.ntp.org\n') }],
  ['a container on AWS', 'skip', /whose host keeps/, { ...aws, '.dockerenv': '' }],
])('%s', async (_name, status, message, files) => {
  const check = judgeCloud(await gatherCloud(machineWith(files)))
  expect(check).toMatchObject({ id: 'cloud.source', status })
  expect(check.message).toMatch(message)
})

describe('a configuration that is large', () => {
  it('is read up to a limit', async () => {
    const text = `${'#'.repeat(300_000)}\nserver 169.254.169.123\n`
    const { configured } = await gatherCloud(machineWith({ ...aws, ...chrony(text) }))
    expect(configured).toEqual([])
  })
})
