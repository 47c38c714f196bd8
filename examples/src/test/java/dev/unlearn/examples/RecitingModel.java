package dev.unlearn.examples;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;

/** A small model that recites four made-up records. */
public final class RecitingModel {
  private static final long SEED = 42;

  private RecitingModel() {}

  /** Returns it; the caller closes it. */
  public static TrainableCausalLm create() {
    TrainableCausalLm model = SmallModel.create(SEED, 2, 64);
    Teacher.untilRecited(model, records(model));
    return model;
  }

  /** Returns the four records. */
  public static List<TokenSequence> records(TrainableCausalLm model) {
    return SyntheticText.secrets(model.tokenizer().sequences(new SyntheticText(SEED).records(4)));
  }
}
