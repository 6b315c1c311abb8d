import { type ReadonlySignal, useSignalEffect } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { hashFor, type Place, type Route, type Routes, type ViewProps } from '../navigation.ts'
import { connection, fleet } from '../state/live.ts'
import { user } from '../state/session.ts'
import { conditionOf } from '../wire/condition.ts'
import { Account } from './account.tsx'
import { Announcer } from './announcer.tsx'
import { LiveState } from './live-state.tsx'
import { Login } from './login.tsx'
import { Mark } from './mark.tsx'
import { ThemeSwitch } from './theme-switch.tsx'

/** What is round every view: the name, the ways to go, whether it is live, who is logged in. */
export function Shell({ routes, place }: { routes: Routes; place: ReadonlySignal<Place> }) {
  const main = useRef<HTMLElement>(null)
  const { route, rest } = place.value
  useTitle(place)

  // After a change of place a screen reader reads on from the new content.
  const isFirst = useRef(true)
  useEffect(() => {
    if (!isFirst.current) main.current?.focus({ preventScroll: true })
    isFirst.current = false
    scrollTo(0, 0)
  }, [route, rest])

  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href={hashFor('')}>
          <Mark />
          Skewproof
        </a>
        <nav aria-label="Views">
          {routes
            .filter(({ isListed }) => isListed)
            .map(({ path, title }) => (
              <a key={path} href={hashFor(path)} aria-current={isCurrent(route, path) ? 'page' : undefined}>
                {title}
              </a>
            ))}
        </nav>
        <div class="top-end">
          <LiveState />
          <ThemeSwitch />
          <Account />
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <Content route={route} rest={rest} />
      </main>
      <Announcer />
    </>
  )
}

function isCurrent(route: Route, path: string): boolean {
  return route.path === path || (route.path === 'nodes' && path === '')
}

function Content({ route, rest }: { route: Route; rest: string }) {
  if (route.shows === 'secrets' && user.value === null)
    return <Login why={`${route.title} are for administrators.`} />
  if (route.shows === 'fleet' && connection.value === 'refused') {
    return <Login why="From elsewhere than the server itself, the fleet is shown to administrators." />
  }
  return <View key={route.path} route={route} rest={rest} />
}

function View({ route, rest }: { route: Route; rest: string }) {
  const [loaded, setLoaded] = useState<{ View: ComponentType<ViewProps> } | 'failed' | undefined>(undefined)
  useEffect(() => {
    route.load().then(setLoaded, () => setLoaded('failed'))
  }, [route])
  if (loaded === undefined) return <p class="quiet waiting">Loading…</p>
  if (loaded === 'failed') {
    return (
      <p class="notice bad">
        This part of the page could not be loaded. Reload the page: the service may have been updated.
      </p>
    )
  }
  return <loaded.View rest={rest} />
}

/** The title tells from a background tab that something is wrong. */
function useTitle(place: ReadonlySignal<Place>): void {
  useSignalEffect(() => {
    const wrong = (fleet.value?.nodes ?? []).filter(node => ['off', 'outvoted'].includes(conditionOf(node)))
    const count = wrong.length === 0 ? '' : `${wrong.length} wrong · `
    document.title = `${count}${place.value.route.title} · Skewproof`
  })
}
