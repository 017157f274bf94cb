/** A thing without which the app cannot do its work. */
export interface DependencyCheck {
  /** As it stands in answers and logs, such as `postgresql`. */
  readonly name: string;
  /** Resolves when the dependency answers; rejects with the reason otherwise. Given 1 s. */
  check(): Promise<void>;
}

/** A dependency that is away. */
export interface MissingDependency {
  readonly name: string;
  /** Short and safe for an unauthenticated reader: an error code such as `ECONNREFUSED`, or `timeout`. */
  readonly reason: string;
}
