import './style/page.css'
import { render } from 'preact'
import { followHash } from './navigation.ts'
import { Shell } from './parts/shell.tsx'
import { routes } from './routes.ts'
import { connect } from './state/live.ts'
import { mayRead } from './state/session.ts'
import { followTheme, watchColours } from './state/theme.ts'
import { startTicking } from './state/ticker.ts'

followTheme()
watchColours()
startTicking()
void mayRead()
connect()

const root = document.getElementById('page')
if (root !== null) render(<Shell routes={routes} place={followHash(routes)} />, root)
