package dev.unlearn.training;

import dev.unlearn.spi.train.Share;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A share whose pass is run when it is first asked for: not every objective does. */
final class LazyShare {
  private final Supplier<Share> source;
  private @Nullable Share share;

  LazyShare(Supplier<Share> source) {
    this.source = source;
  }

  Share get() {
    if (share == null) {
      share = source.get();
    }
    return share;
  }

  /** Returns the share if somebody asked for it. */
  @Nullable Share askedOrNull() {
    return share;
  }
}
