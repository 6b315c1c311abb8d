import type { Routes } from './navigation.ts'

/** The views of the page, each loaded when it is first shown. Another is a line here and a folder in `views/`. */
export const routes: Routes = [
  {
    path: '',
    title: 'Clocks',
    isListed: true,
    isForAdmins: false,
    load: () => import('./views/fleet/view.tsx'),
  },
  {
    path: 'nodes',
    title: 'Clock',
    isListed: false,
    isForAdmins: false,
    load: () => import('./views/node/view.tsx'),
  },
  {
    path: 'tokens',
    title: 'Tokens',
    isListed: true,
    isForAdmins: true,
    load: () => import('./views/tokens/view.tsx'),
  },
  {
    path: 'keys',
    title: 'Keys',
    isListed: true,
    isForAdmins: true,
    load: () => import('./views/keys/view.tsx'),
  },
]
