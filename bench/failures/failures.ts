// `npm run bench failures`: what failing costs. Healthy records beside failing ones, delays, and a redrive, each a part of its own.
import type { Bench } from '../rounds.ts'
import { delay } from './delay.ts'
import { healthy } from './healthy.ts'
import { redrive } from './redrive.ts'

export const failures: Bench = async (options) => ({
  ...(await healthy(options)),
  ...(await delay(options)),
  ...(await redrive(options)),
})
