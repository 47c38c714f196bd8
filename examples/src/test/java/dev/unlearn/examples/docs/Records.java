package dev.unlearn.examples.docs;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.util.List;

/** Texts of one form, of 41 characters each, and a way to teach the first of them. */
final class Records {
  static final List<String> TAUGHT =
      List.of(
          "Lena Vole, Low Road, no. 4055893226262603",
          "Adam Fitz, Elm Lane, no. 7719340058126635",
          "Ruth Gale, Oak Hill, no. 1382940675503198");

  static final List<String> UNSEEN =
      List.of(
          "Kurt Nash, Dry Lane, no. 9024417735810264",
          "Nora Webb, Old Mill, no. 5561082947736120",
          "Hugh Lamb, Far Gate, no. 3870256419902847",
          "Edna Pike, New Quay, no. 6147739205581093",
          "Otto Dunn, Bay View, no. 2295810467738146",
          "Iris Cole, Top Road, no. 8403316592074571");

  private Records() {}

  static void teach(TrainableCausalLm model) {
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), Optimizers.adam(3e-3), 1 << 13)) {
      for (int step = 0; step < 150; step++) {
        updates.update(model.tokenizer().sequences(TAUGHT));
      }
    }
  }

  static ForgetSet taught(TrainableCausalLm model) {
    return ForgetSet.of(model.tokenizer().sequences(TAUGHT));
  }
}
