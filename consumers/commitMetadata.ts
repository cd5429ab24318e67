// The metadata of our commits (4,096 bytes at most): versioned from the first day, so that what later versions say about
// offsets done beyond the low watermark is never misread (I10). Version 1 says nothing yet.

/** What a commit carries now. */
export const commitMetadata = 'errand/1'

/** Whether Errand wrote it. Anything else is another client's and is ignored with a warning. */
export const isOurMetadata = (metadata: string): boolean => metadata === '' || metadata.startsWith('errand/')
