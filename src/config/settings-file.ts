import type { Path, Tree } from '../kit/settings/index.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A mistake at a path of the settings, or at a position if the text could not be read that far. */
export interface FileFault {
  readonly path?: Path;
  readonly position: Position | undefined;
  readonly message: string;
}

/** Settings as given, before any checks. */
export interface SettingsFile {
  /** Undefined if the text is not YAML; then `faults` says why. */
  readonly tree: Tree | undefined;
  readonly faults: readonly FileFault[];
  /** Position of a setting's value, or of what surrounds it if it is missing. Undefined if there is no text. */
  positionOf(path: Path): Position | undefined;
  /** Position of a setting's name. */
  positionOfKey(path: Path): Position | undefined;
  /** Whether messages must not show the value. */
  isSecret(path: Path): boolean;
}
