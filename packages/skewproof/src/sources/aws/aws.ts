import type { TimeSource } from '../../clock/source.ts'
import { sntp } from '../sntp/sntp.ts'

/**
 * The Amazon Time Sync Service, which answers on a link-local address of every EC2 instance. It smears leap seconds over a
 * day, and so contradicts sources that do not, by up to a second, on such days.
 */
export function aws(): TimeSource {
  return sntp('169.254.169.123', { name: 'aws', samples: 4 })
}
