// Reads an option that says how many handlers run at once.
import { maxConcurrency } from '../consumers/controls.ts'
import { wholeBetween } from './wholeNumber.ts'

export const concurrencyOf = wholeBetween(1, maxConcurrency)
