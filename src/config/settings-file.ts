import type { Path, Tree } from '../kit/settings/index.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One fault at a path of the settings, or at a position when the text could not be read that far. */
export interface FileFault {
  readonly path?: Path;
  readonly position: Position | undefined;
  readonly message: string;
}

/** Settings as they were given, before anything is known of them. */
export interface SettingsFile {
  /** Undefined when the text is not YAML: then `faults` is all there is to say. */
  readonly tree: Tree | undefined;
  readonly faults: readonly FileFault[];
  /** Where a setting's value stands; where it is missing, the nearest thing around it. Undefined where there is no text. */
  positionOf(path: Path): Position | undefined;
  /** Where a setting's name stands. */
  positionOfKey(path: Path): Position | undefined;
  /** Whether the value there may be shown in no message. */
  isSecret(path: Path): boolean;
}
