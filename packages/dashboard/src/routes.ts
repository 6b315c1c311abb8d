import type { Routes } from './navigation.ts'

/** The views of the page, each loaded when it is first shown. Another is a line here and a folder in `views/`. */
export const routes: Routes = [
  {
    path: '',
    title: 'Clocks',
    isListed: true,
    shows: 'fleet',
    load: () => import('./views/fleet/view.tsx'),
  },
  {
    path: 'nodes',
    title: 'Clock',
    isListed: false,
    shows: 'fleet',
    load: () => import('./views/node/view.tsx'),
  },
  {
    path: 'tokens',
    title: 'Tokens',
    isListed: true,
    shows: 'secrets',
    load: () => import('./views/tokens/view.tsx'),
  },
  {
    path: 'keys',
    title: 'Keys',
    isListed: true,
    shows: 'secrets',
    load: () => import('./views/keys/view.tsx'),
  },
  {
    path: 'simulator',
    title: 'Simulator',
    isListed: true,
    shows: 'nothing',
    load: () => import('./views/simulator/view.tsx'),
  },
]
