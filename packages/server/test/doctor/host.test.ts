import { describe, expect, it } from 'vitest'
import type { CheckStatus } from '../../src/doctor/check.ts'
import { gatherHost } from '../../src/doctor/gather-host.ts'
import { judgeHost } from '../../src/doctor/host.ts'
import { machineWith } from '../support/machine.ts'

const folder = 'sys/devices/system/clocksource/clocksource0'

describe("the kernel's clock source", () => {
  it.each<[string, string, CheckStatus, RegExp]>([
    ['tsc', 'tsc hpet acpi_pm', 'pass', /is tsc/],
    ['kvm-clock', 'kvm-clock tsc acpi_pm', 'pass', /is kvm-clock/],
    ['hyperv_clocksource_tsc_page', 'hyperv_clocksource_tsc_page', 'pass', /hyperv/],
    ['arch_sys_counter', 'arch_sys_counter', 'pass', /arch_sys_counter/],
    ['hpet', 'tsc hpet acpi_pm', 'warn', /hpet, which is slow.*echo tsc > /],
    ['acpi_pm', 'kvm-clock acpi_pm', 'warn', /acpi_pm, which is slow.*echo kvm-clock > /],
    ['jiffies', '', 'warn', /jiffies, which is slow.*no better one/],
  ])('%s', async (current, available, status, message) => {
    const machine = machineWith({
      [`${folder}/current_clocksource`]: `${current}\n`,
      [`${folder}/available_clocksource`]: `${available} \n`,
    })
    const [check] = judgeHost(await gatherHost(machine))
    expect(check).toMatchObject({ id: 'host.clocksource', status })
    expect(`${check?.message} ${check?.fix}`).toMatch(message)
  })

  it.each(['linux', 'darwin'])('that is not told, on %s', async platform => {
    const [check] = judgeHost(await gatherHost(machineWith({}, {}, platform)))
    expect(check?.status).toBe('skip')
  })
})

describe('a container', () => {
  it.each<[string | undefined, Record<string, string>, Record<string, string>]>([
    [undefined, { 'proc/1/cgroup': '0::/init.scope\n' }, {}],
    ['docker', { '.dockerenv': '' }, {}],
    ['podman', { 'run/.containerenv': '' }, { container: 'podman' }],
    ['systemd-nspawn', { 'run/systemd/container': 'systemd-nspawn\n' }, {}],
    ['lxc', {}, { container: 'lxc' }],
    ['kubernetes', { '.dockerenv': '' }, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }],
    ['kubepods', { 'proc/1/cgroup': '0::/kubepods/besteffort/pod1\n' }, {}],
    ['containerd', { 'proc/1/cgroup': '0::/system.slice/containerd/1\n' }, {}],
  ])('%s is recognized', async (container, files, env) => {
    const facts = await gatherHost(machineWith(files, env))
    expect(facts.container).toBe(container)
    expect(judgeHost(facts)[1]).toMatchObject({ id: 'host.container', status: 'pass' })
  })
})

describe('a faked clock', () => {
  const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'

  it.each<[CheckStatus, Record<string, string>, Record<string, string>]>([
    ['pass', {}, {}],
    ['pass', {}, { LD_PRELOAD: '/usr/lib/libjemalloc.so.2' }],
    ['warn', {}, { LD_PRELOAD: `/usr/lib/libjemalloc.so.2:${library}` }],
    ['warn', {}, { LD_PRELOAD: `/usr/lib/libjemalloc.so.2 ${library}` }],
    ['warn', { 'etc/ld.so.preload': `${library}\n` }, {}],
  ])('%s with %j %j', async (status, files, env) => {
    expect(judgeHost(await gatherHost(machineWith(files, env)))[2]).toMatchObject({
      id: 'host.faked-clock',
      status,
    })
  })
})
