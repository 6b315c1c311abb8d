import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))

export interface Page {
  /** From the repository's root. */
  readonly path: string
  readonly text: string
}

/** All pages that the repository holds, also those that are not committed yet. */
export function readPages(): readonly Page[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], { cwd: root })
  const paths = listed.toString().trim().split('\n')
  return paths.map(path => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** The fenced blocks of a language, without those that show a file. */
export function codeBlocks({ text }: Page, language: string): readonly string[] {
  const blocks = text.matchAll(/^```(\w+)\n(.*?)^```$/gms)
  return [...blocks].filter(([, name]) => name === language).map(([, , code = '']) => code)
}

/** The fenced blocks that show a file: their first line names it, from the repository's root. */
export function codeFiles({ text }: Page): readonly { readonly path: string; readonly code: string }[] {
  const blocks = text.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)
  return [...blocks].map(([, path = '', code = '']) => ({ path, code }))
}

/** The page without its fenced blocks and code spans. */
export function proseOf({ text }: Page): string {
  return text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '')
}

/** Where its links and pictures lead. */
export function linksOf(page: Page): readonly string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
}

/** The anchors of its headings, as GitHub makes them. */
export function anchorsOf({ text }: Page): readonly string[] {
  const headings = text.replace(/^```.*?^```$/gms, '').matchAll(/^#+ +(.+)$/gm)
  return [...headings].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
