package dev.unlearn.training;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.spi.train.UpdateContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A whole update; the original model is null where nothing needs it. */
record PreparedUpdate(
    int epoch,
    UpdateData data,
    TrainableCausalLm model,
    @Nullable OriginalModel original,
    ObjectiveMemory memory)
    implements UpdateContext {

  @Override
  public List<TokenSequence> forget() {
    return data.forget();
  }

  @Override
  public List<TokenSequence> alternatives() {
    return data.alternatives();
  }

  @Override
  public List<TokenSequence> retain() {
    return data.retain();
  }

  @Override
  public double[] logLikelihoods(List<TokenSequence> sequences) {
    return OriginalModel.logLikelihoods(model, sequences);
  }

  @Override
  public double[] referenceLogLikelihoods(List<TokenSequence> sequences) {
    return OriginalModel.known(original).logLikelihoods(sequences);
  }
}
