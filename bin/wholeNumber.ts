// Reads an option that is a whole number.
import { InvalidArgumentError } from 'commander'

/** Throws commander's error for anything but a whole number from `least` to `most`. */
export const wholeBetween =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
    return value
  }

/** A port, or a small count. */
export const wholeNumber = wholeBetween(0, 65_535)
