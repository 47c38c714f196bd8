package dev.unlearn.strategy;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.Strategy;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Consecutive chunks; the history says how many are done. */
final class Sequential implements Strategy {
  private final int chunks;

  Sequential(int chunks) {
    checkArgument(chunks > 0, "chunks must be > 0, but was: %s", chunks);
    this.chunks = chunks;
  }

  @Override
  public Optional<Lot> next(ForgetSet set, List<EpochReport> history) {
    int count = Math.min(chunks, set.size());
    int done =
        (int) history.stream().filter(e -> e.decision() instanceof Decision.Forgotten).count();
    if (done >= count) {
      return Optional.empty();
    }
    int from = (int) ((long) set.size() * done / count);
    int to = (int) ((long) set.size() * (done + 1) / count);
    return Optional.of(new Lot(IntStream.range(from, to).boxed().toList(), true));
  }

  @Override
  public String description() {
    return chunks == 1 ? "all-at-once" : "sequential(" + chunks + ")";
  }
}
