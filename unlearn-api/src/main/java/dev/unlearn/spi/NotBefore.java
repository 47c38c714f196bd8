package dev.unlearn.spi;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetSet;
import java.util.List;
import java.util.OptionalInt;

/** Goes on, unasked, until a lot has had its minimum of epochs. */
final class NotBefore implements StoppingCriterion {
  private final StoppingCriterion criterion;
  private final int minEpochs;

  NotBefore(StoppingCriterion criterion, int minEpochs) {
    checkArgument(minEpochs >= 0, "minEpochs must be >= 0, but was: %s", minEpochs);
    this.criterion = criterion;
    this.minEpochs = minEpochs;
  }

  @Override
  public Decision evaluate(EpochProgress progress) {
    return progress.lotEpoch() < minEpochs ? Decision.proceed() : criterion.evaluate(progress);
  }

  @Override
  public List<Metric> metrics() {
    return criterion.metrics();
  }

  @Override
  public List<Corpus> corpora() {
    return criterion.corpora();
  }

  @Override
  public void check(CausalLm model, ForgetSet set) {
    criterion.check(model, set);
  }

  @Override
  public OptionalInt epochLimit() {
    OptionalInt limit = criterion.epochLimit();
    return limit.isPresent() ? OptionalInt.of(Math.max(limit.getAsInt(), minEpochs)) : limit;
  }

  @Override
  public String description() {
    return "(" + criterion.description() + "), not before epoch " + minEpochs;
  }
}
