package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkState;

import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.Share;
import org.jspecify.annotations.Nullable;

/** One micro-batch; null is what it does not have. */
record MicroBatchContext(
    @Nullable Share forgetOrNull,
    @Nullable LazyShare alternativesOrNull,
    @Nullable Share retainOrNull,
    ObjectiveMemory memory)
    implements ObjectiveContext {

  @Override
  public Share forget() {
    return there(forgetOrNull, "sequences to forget are there in loss, but not in retainLoss");
  }

  @Override
  public Share alternatives() {
    return there(alternativesOrNull, "alternatives must be named in needs(), and are in loss only")
        .get();
  }

  @Override
  public Share retain() {
    return there(retainOrNull, "sequences to keep are there in retainLoss, but not in loss");
  }

  private static <T> T there(@Nullable T share, String otherwise) {
    checkState(share != null, "%s", otherwise);
    return share;
  }
}
