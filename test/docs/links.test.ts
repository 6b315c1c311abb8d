import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anchorsOf, linksOf, type Page, readPages, root } from './markdown.ts'

const pages = readPages()

function isBroken(page: Page, target: string): boolean {
  if (/^https?:/.test(target)) return false
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? page.path : normalize(join(dirname(page.path), file))
  if (!existsSync(join(root, path))) return true
  const linked = pages.find(candidate => candidate.path === path)
  return anchor !== undefined && linked !== undefined && !anchorsOf(linked).includes(anchor)
}

describe.each(pages)('$path', page => {
  it('has no link that leads nowhere', () => {
    expect(linksOf(page).filter(target => isBroken(page, target))).toEqual([])
  })
})

it('reads links where there are some', () => {
  const page = { path: 'page.md', text: 'A [link](other.md#part) and `not [one](x.md)`.\n\n# A title\n' }
  expect([linksOf(page), anchorsOf(page), isBroken(page, 'nowhere.md')]).toEqual([
    ['other.md#part'],
    ['a-title'],
    true,
  ])
})
