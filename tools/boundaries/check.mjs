// Reads the project graph that Nx finds and the sources themselves, and holds both against rules.mjs. Exit 1 names every violation.
import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkEdges, checkFile, importsOf } from './rules.mjs';

const root = join(import.meta.dirname, '..', '..');

function readProjects() {
  const folder = mkdtempSync(join(tmpdir(), 'trebol-graph-'));
  try {
    const file = join(folder, 'graph.json');
    execFileSync(join(root, 'node_modules', '.bin', 'nx'), ['graph', `--file=${file}`], { cwd: root, env: { ...process.env, NX_DAEMON: 'false' }, stdio: ['ignore', 'ignore', 'inherit'] });
    const { graph } = JSON.parse(readFileSync(file, 'utf8'));
    const projects = Object.values(graph.nodes).map(({ name, data }) => ({
      name, root: data.root, tag: data.tags.find((tag) => tag.startsWith('type:'))?.slice('type:'.length),
    }));
    return { projects, dependencies: Object.values(graph.dependencies).flat() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readFiles(projects) {
  const paths = globSync(['libs/*/src/**/*.ts', 'services/*/src/**/*.ts', 'services/*/migrations/**/*.ts'], { cwd: root });
  const shellFolders = [...new Set(paths.filter((path) => path.endsWith('.controller.ts')).map((path) => dirname(path)))];
  return paths.map((path) => {
    const project = projects.find((candidate) => path.startsWith(`${candidate.root}/`));
    const text = readFileSync(join(root, path), 'utf8');
    return { path, project: project.name, tag: project.tag, imports: importsOf(text), text, shellFolders };
  });
}

const { projects, dependencies } = readProjects();
const files = readFiles(projects);
const importEdges = files.flatMap(({ path, project, imports }) =>
  imports.flatMap((name) => {
    const to = /^@trebol\/([^/]+)/.exec(name)?.[1];
    return to ? [{ from: project, to, file: path }] : [];
  }));
const declared = dependencies
  .filter(({ source, target }) => !target.startsWith('npm:') && source !== target)
  .map(({ source, target }) => ({ from: source, to: target, file: `${source}/package.json` }))
  .filter(({ to }) => to !== 'testing');
const violations = [...new Set([...checkEdges(projects, [...importEdges, ...declared]), ...files.flatMap(checkFile)])];
for (const violation of violations) console.error(violation);
console.log(`boundaries: ${projects.length} projects, ${files.length} files, ${violations.length} violations`);
process.exit(violations.length === 0 ? 0 : 1);
