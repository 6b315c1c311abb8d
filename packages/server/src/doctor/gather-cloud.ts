import { join } from 'node:path'
import type { CloudFacts, CloudProvider, ConfiguredSource } from './cloud.ts'
import type { DaemonName } from './daemon.ts'
import { namesIn, readStart } from './files.ts'
import { findRunning } from './gather-daemon.ts'
import { findContainer, type Machine } from './gather-host.ts'

/** Where daemons are configured: files, and folders of files with an ending. */
const configurations: readonly { readonly daemon: DaemonName; readonly path: string }[] = [
  { daemon: 'chronyd', path: 'etc/chrony.conf' },
  { daemon: 'chronyd', path: 'etc/chrony/chrony.conf' },
  { daemon: 'chronyd', path: 'etc/chrony/conf.d/*.conf' },
  { daemon: 'chronyd', path: 'etc/chrony/sources.d/*.sources' },
  { daemon: 'chronyd', path: 'etc/chrony.d/*.conf' },
  { daemon: 'chronyd', path: 'etc/chrony.d/*.sources' },
  { daemon: 'chronyd', path: 'run/chrony.d/*.sources' },
  { daemon: 'chronyd', path: 'run/chrony-dhcp/*.sources' },
  { daemon: 'ntpd', path: 'etc/ntp.conf' },
  { daemon: 'ntpd', path: 'etc/ntpsec/ntp.conf' },
  { daemon: 'ntpd', path: 'etc/ntpsec/ntp.d/*.conf' },
  { daemon: 'systemd-timesyncd', path: 'etc/systemd/timesyncd.conf' },
  { daemon: 'systemd-timesyncd', path: 'etc/systemd/timesyncd.conf.d/*.conf' },
]

export async function gatherCloud(machine: Machine): Promise<CloudFacts> {
  const [provider, container, running, configured] = await Promise.all([
    findProvider(machine),
    findContainer(machine),
    findRunning(machine),
    readConfigurations(machine),
  ])
  return { provider, container, running: running.map(({ name }) => name), configured }
}

/** Azure's machines are those of Hyper-V with this tag. */
const azureAssetTag = '7783-7084-3265-9085-8269-3286-77'

/** What the firmware says of the machine: no traffic, and no privileges. */
async function findProvider({ root }: Machine): Promise<CloudProvider | undefined> {
  const read = async (name: string): Promise<string> =>
    ((await readStart(join(root, 'sys/class/dmi/id', name))) ?? '').trim()
  const [system, bios, biosVersion, product, assetTag] = await Promise.all(
    ['sys_vendor', 'bios_vendor', 'bios_version', 'product_name', 'chassis_asset_tag'].map(read),
  )
  // The older machines of AWS are Xen's, which name it in the version.
  if (system === 'Amazon EC2' || bios === 'Amazon EC2' || /amazon/.test(biosVersion ?? '')) return 'aws'
  if (product === 'Google Compute Engine') return 'gcp'
  if (system === 'Microsoft Corporation' && assetTag === azureAssetTag) return 'azure'
  return undefined
}

async function readConfigurations(machine: Machine): Promise<readonly ConfiguredSource[]> {
  const found = await Promise.all(
    configurations.map(async ({ daemon, path }) => {
      const paths = await expand(machine, path)
      const texts = await Promise.all(paths.map(one => readStart(join(machine.root, one))))
      return texts.flatMap((text, index) =>
        sourceLines(text ?? '').map(line => ({ daemon, path: `/${paths[index]}`, line })),
      )
    }),
  )
  return found.flat()
}

async function expand({ root }: Machine, path: string): Promise<readonly string[]> {
  const [folder = '', ending] = path.split('/*')
  if (ending === undefined) return [path]
  const names = await namesIn(join(root, folder))
  return names.filter(name => name.endsWith(ending)).map(name => `${folder}/${name}`)
}

function sourceLines(text: string): readonly string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => /^(?:(?:server|pool|peer|refclock)\s|(?:Fallback)?NTP\s*=)/i.test(line))
}
