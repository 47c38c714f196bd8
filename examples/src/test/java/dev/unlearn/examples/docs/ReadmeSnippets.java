package dev.unlearn.examples.docs;

import dev.unlearn.CausalLms;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.util.List;

final class ReadmeSnippets {
  private ReadmeSnippets() {}

  static ForgetReport forget(Path folder, List<String> texts, List<String> unseen, Path result) {
    try (TrainableCausalLm model = CausalLms.load(folder)) {
      ForgetSet set = ForgetSet.of(model.tokenizer().sequences(texts));
      ForgetReport report = Unlearner.untilLike(Corpus.ofTexts(unseen)).forget(model, set);
      if (report.succeeded()) {
        CausalLms.save(model, result);
      }
      return report;
    }
  }
}
