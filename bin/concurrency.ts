// Reads an option that says how many handlers run at once.
import { InvalidArgumentError } from 'commander'
import { maxConcurrency } from '../consumers/controls.ts'

/** Throws commander's error for anything but a whole number from 1 to `maxConcurrency`. */
export const concurrencyOf = (text: string): number => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > maxConcurrency)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${maxConcurrency}.`)
  return value
}
