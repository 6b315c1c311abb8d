import { type ReadonlySignal, signal } from '@preact/signals'
import type { ComponentType } from 'preact'

export interface ViewProps {
  /** What follows the route's own path: the name of a node. */
  readonly rest: string
}

export interface Route {
  /** The first part of the hash: `#/tokens`. */
  readonly path: string
  readonly title: string
  /** Whether it is in the navigation. */
  readonly isListed: boolean
  /** What it shows: nothing of this service, the fleet, or what only administrators may see. */
  readonly shows: 'nothing' | 'fleet' | 'secrets'
  /** Loaded when it is first shown. */
  readonly load: () => Promise<{ View: ComponentType<ViewProps> }>
}

/** The first is where unknown hashes lead. */
export type Routes = readonly [Route, ...Route[]]

export interface Place {
  readonly route: Route
  readonly rest: string
}

export function readHash(routes: Routes, hash: string): Place {
  const [, path = '', rest = ''] = /^#\/([^/]*)(?:\/(.*))?$/s.exec(hash) ?? []
  const route = routes.find(one => one.path === path)
  return route === undefined ? { route: routes[0], rest: '' } : { route, rest: decode(rest) }
}

export function hashFor(path: string, rest?: string): string {
  return rest === undefined ? `#/${path}` : `#/${path}/${encodeURIComponent(rest)}`
}

/** Where the address of the page leads, as it changes. */
export function followHash(routes: Routes): ReadonlySignal<Place> {
  const place = signal(readHash(routes, location.hash))
  addEventListener('hashchange', () => {
    place.value = readHash(routes, location.hash)
  })
  return place
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
