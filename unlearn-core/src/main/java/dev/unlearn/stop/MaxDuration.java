package dev.unlearn.stop;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.StoppingCriterion;
import java.time.Duration;

/** {@link StoppingCriteria#maxDuration(Duration)}. */
final class MaxDuration implements StoppingCriterion {
  private final Duration limit;

  MaxDuration(Duration duration) {
    limit = requireNonNull(duration, "duration");
    checkArgument(
        !limit.isNegative() && !limit.isZero(), "maxDuration must be > 0, but was: %s", limit);
  }

  /** Sums what the reports say, not what a clock says, so that a replay decides alike. */
  @Override
  public Decision evaluate(EpochProgress progress) {
    Duration spent =
        progress.history().stream()
            .map(EpochReport::duration)
            .reduce(Duration.ZERO, Duration::plus);
    return spent.compareTo(limit) < 0
        ? Decision.proceed()
        : Decision.giveUp("not forgotten within " + limit);
  }

  @Override
  public String description() {
    return "max-duration(" + limit + ")";
  }
}
