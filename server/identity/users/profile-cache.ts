/** A user as other users see them. */
export interface UserProfile {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

/** Profiles kept at most; the ones that were put in first go first. */
const PROFILES_MAX = 50_000;

/** Names and e-mails by id, for records that show who made them. Dropped when the user changes. */
export class ProfileCache {
  private readonly profiles = new Map<string, UserProfile>();
  private drops = 0;

  /** Grows with each drop: what was read before a drop must not be kept after it. */
  get epoch(): number {
    return this.drops;
  }

  get(id: string): UserProfile | undefined {
    return this.profiles.get(id);
  }

  put(profile: UserProfile, epoch: number): void {
    if (epoch !== this.drops) {
      return;
    }
    this.profiles.set(profile.id, profile);
    if (this.profiles.size > PROFILES_MAX) {
      const [oldest] = this.profiles.keys();
      this.profiles.delete(oldest ?? profile.id);
    }
  }

  drop(id: string): void {
    this.drops += 1;
    this.profiles.delete(id);
  }
}
