import { OptionError } from '../time/index.ts'
import { maxDescriptionLength, maxReportLength, type NodeWord } from './fleet-store.ts'

const nodeName = /^[!-~]{1,128}$/
/** One line of plain text, so that many can be sent as one. */
const line = /^[ -~]*$/

/** @throws OptionError when a word is not one that a store takes */
export function checkWord({ node, report, description }: NodeWord): void {
  checkNode(node)
  if (report.length > maxReportLength || !line.test(report))
    throw new OptionError('report', `it must be a line of ${maxReportLength} characters of ASCII at most`)
  if (description.length > maxDescriptionLength || !line.test(description))
    throw new OptionError(
      'description',
      `it must be a line of ${maxDescriptionLength} characters of ASCII at most`,
    )
}

export function checkNode(node: string): void {
  if (!nodeName.test(node)) throw new OptionError('node', 'use 1 to 128 characters of ASCII without spaces')
}
