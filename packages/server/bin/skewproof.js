#!/usr/bin/env node
import { run } from '../program/cli.js'

await run(process.argv)
