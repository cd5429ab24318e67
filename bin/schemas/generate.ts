// errand schemas generate: the app's Avro schemas as TypeScript, and their golden payloads.
import { join } from 'node:path'
import { Command } from 'commander'
import { generateTypes } from '../../schemas/codegen/generate.ts'
import { readSeries } from '../../schemas/folder/folder.ts'
import { completeGoldens } from '../../schemas/golden/golden.ts'
import { writeWhole } from '../wholeFile.ts'

export const generateVerb = (): Command =>
  new Command('generate')
    .description(
      "write a TypeScript type and value for each record, from the highest version of each schema, and each version's golden payloads",
    )
    .argument(
      '[folder]',
      'with <request type>/input.v1.avsc, <request type>/result.v1.avsc, <event>/v1.avsc',
      'schemas',
    )
    .option('--out <file>', 'the file to write (default: generated.ts in the folder)')
    .option('--import <module>', 'where the file imports RecordType from', 'errand')
    .addHelpText(
      'after',
      '\nExamples:\n  errand schemas generate\n  errand schemas generate examples/flights/schemas\n',
    )
    .action(async (folder: string, options: { readonly out?: string; readonly import: string }) => {
      const out = options.out ?? join(folder, 'generated.ts')
      const series = await readSeries(folder)
      const types = generateTypes(series, { recordTypeFrom: options.import })
      for (const { path, text } of completeGoldens(series)) {
        await writeWhole(path, text)
        console.log(`wrote ${path}`)
      }
      await writeWhole(out, types) // last: where it is up to date, so is all that belongs to it
      console.log(`wrote ${out}: ${series.length} ${series.length === 1 ? 'record' : 'records'}`)
    })
