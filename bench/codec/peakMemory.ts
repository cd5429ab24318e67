// Imported by a process that is measured: says at its end, on stderr, how much memory it had at most.
import { writeSync } from 'node:fs'

process.on('exit', () => writeSync(2, `peak memory ${process.resourceUsage().maxRSS} KB\n`))
