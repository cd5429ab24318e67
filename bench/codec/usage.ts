// Imported by a process that is measured: says at its end, on stderr, how much memory it had at most, and its CPU time.
import { writeSync } from 'node:fs'

process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  writeSync(2, `rss ${maxRSS} KB, cpu ${userCPUTime + systemCPUTime} µs\n`)
})
