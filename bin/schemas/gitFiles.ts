// The files of a folder as they are in a commit, by git itself: one question for the names, one for all that they hold.
import { execFile } from 'node:child_process'
import { ErrandError } from '../../app/errors.ts'

export type CommittedFile = {
  /** Relative to the folder, with `/`. */
  readonly path: string
  readonly bytes: Buffer
}

/** Far more than a folder of schemas holds. */
const mostBytes = 1_024 * 1_024 * 1_024

/**
 * Files that `wants`, and links, which hold where they lead to. Throws `no-git`, `no-repository`, `no-commit` and `no-folder`, which say
 * what to do.
 */
export async function filesAt(
  folder: string,
  ref: string,
  wants: (path: string) => boolean,
): Promise<readonly CommittedFile[]> {
  const tree = await treeOf(folder, ref)
  const listed = (await git(folder, ['ls-tree', '-r', '-z', tree])).toString()
  if (listed === '')
    throw new ErrandError(
      'no-folder',
      `${ref} has no folder ${folder}, so nothing says what was released; leave --against out until it is there, or give the folder the name back that it has there`,
    )
  const files = listed
    .split('\0')
    .map((line) => /^1[02]0\d{3} blob ([0-9a-f]+)\t(.*)$/s.exec(line))
    .flatMap((match) => (match && wants(match[2]!) ? [{ id: match[1]!, path: match[2]! }] : []))
  if (files.length === 0) return []
  const contents = await git(folder, ['cat-file', '--batch'], files.map(({ id }) => `${id}\n`).join(''))
  return blobsOf(contents, files.length).map((bytes, index) => ({ path: files[index]!.path, bytes }))
}

async function treeOf(folder: string, ref: string): Promise<string> {
  await git(folder, ['rev-parse', '--git-dir']).catch((cause: Error) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new ErrandError('no-git', '--against asks git what was released, and there is no git here; install it', {
        cause,
      })
    throw new ErrandError(
      'no-repository',
      `--against asks git what was released, and ${folder} is in no repository that git reads: ${told(cause)}`,
      { cause },
    )
  })
  // With ^{tree} at its end nothing is an option of rev-parse, whatever it begins with.
  const tree = await git(folder, ['rev-parse', '--verify', '--quiet', `${ref}^{tree}`]).catch((cause: Error) => {
    throw new ErrandError(
      'no-commit',
      `git knows no commit ${JSON.stringify(ref)} here; a shallow clone, as CI makes one, has to fetch it first: git fetch --depth 1 origin <branch>, then --against FETCH_HEAD`,
      { cause },
    )
  })
  return tree.toString().trim()
}

/** Each is `<id> blob <size>`, a line feed, its bytes, a line feed. */
function blobsOf(batch: Buffer, count: number): readonly Buffer[] {
  const blobs: Buffer[] = []
  let at = 0
  while (blobs.length < count) {
    const end = batch.indexOf('\n', at)
    const [id, kind, size] = batch.toString('latin1', at, end).split(' ')
    if (kind !== 'blob')
      throw new ErrandError('no-commit', `git lacks ${id}, a part of that commit; fetch it whole: git fetch --refetch`)
    blobs.push(batch.subarray(end + 1, end + 1 + Number(size)))
    at = end + 1 + Number(size) + 1
  }
  return blobs
}

/** A hook of git is told of the repository that called it, by paths that hold in no other folder. */
const ownEnvironment = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^GIT_(DIR|WORK_TREE|COMMON_DIR|INDEX_FILE|PREFIX)$/.test(name)),
  )

/** In the folder, so that git lists what lies in it, and as nothing but arguments. */
function git(folder: string, args: readonly string[], input = ''): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      [...args],
      { cwd: folder, env: ownEnvironment(), encoding: 'buffer', maxBuffer: mostBytes },
      (error, stdout, stderr) =>
        error ? reject(Object.assign(error, { told: stderr.toString().trim() })) : resolve(stdout),
    )
    child.stdin?.on('error', () => undefined) // it has ended before it has read all: its exit code says why
    child.stdin?.end(input)
  })
}

const told = (error: Error): string => (error as Error & { readonly told?: string }).told || error.message
