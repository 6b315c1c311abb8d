import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

/** Whether an address is one of this machine's own. */
export function isThisMachine(
  address: string,
  interfaces: NodeJS.Dict<Pick<NetworkInterfaceInfo, 'address'>[]> = networkInterfaces(),
): boolean {
  if (/^127\./.test(address)) return true
  return Object.values(interfaces).some(addresses => addresses?.some(own => own.address === address))
}
