package dev.unlearn.examples.docs;

import dev.unlearn.CausalLms;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;

final class CheckpointsSnippets {
  private CheckpointsSnippets() {}

  static void forgetInPlace(Path folder, ForgetSet set, Corpus unseen) {
    SaveOptions options = SaveOptions.builder().overwrite(true).build();
    try (TrainableCausalLm model = CausalLms.load(folder)) {
      CausalLms.checkSavable(model, folder, options); // now rather than after an hour
      ForgetReport report = Unlearner.untilLike(unseen).forget(model, set);
      if (report.succeeded()) {
        CausalLms.save(model, folder, options);
      }
    }
  }
}
