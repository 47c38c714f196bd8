package dev.unlearn.examples.docs;

import ai.djl.Model;
import dev.unlearn.CausalLms;
import dev.unlearn.RunOptions;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.UnseenText;
import dev.unlearn.model.Signature;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.progress.ConsoleProgressBar;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import java.nio.file.Path;
import java.util.List;

final class QuickstartSnippets {
  private QuickstartSnippets() {}

  static Unlearner apart(TrainableCausalLm model, ForgetSet set, Corpus alike, Corpus general) {
    List<TokenSequence> pieces = UnseenText.cutLike(model.tokenizer().sequences(alike), set);
    ForgettingThresholds thresholds = ForgettingThresholds.measure(model, Corpus.of(pieces), 10);
    return Unlearner.builder()
        .stopWhen(StoppingCriteria.forgotten(thresholds))
        .unseen(general)
        .build();
  }

  static ForgetReport forget(Path folder, List<String> texts, List<String> unseen, Path out) {
    try (TrainableCausalLm model = CausalLms.load(folder)) {
      ForgetSet set = ForgetSet.of(model.tokenizer().sequences(texts));
      Unlearner unlearner =
          Unlearner.builder()
              .unseen(Corpus.ofTexts(unseen))
              .optimizer(Optimizers.adam(2e-5))
              .strategy(Strategies.sequential(4))
              .maxEpochs(50)
              .build();
      RunOptions options =
          RunOptions.builder().listener(ConsoleProgressBar.onStandardError()).build();
      ForgetReport report = unlearner.forget(model, set, options);
      if (report.succeeded()) {
        CausalLms.save(model, out);
      }
      return report;
    }
  }

  static ForgetReport forgetIds(Model djlModel, Tokenizer tokenizer, ForgetSet set, Corpus unseen) {
    Signature signature = Signature.ids(1024).withAttentionMask();
    try (TrainableCausalLm model = CausalLms.wrap(djlModel, tokenizer, signature)) {
      return Unlearner.untilLike(unseen).forget(model, set);
    }
  }

  static Unlearner untilHalfIsGone() {
    StoppingCriterion halfIsGone =
        progress ->
            progress.measure(MemorizationAccuracy.of()).value() < 0.5
                ? Decision.forgotten("mean MA fell below one half")
                : Decision.proceed();
    return Unlearner.builder().stopWhen(halfIsGone).maxEpochs(20).build();
  }
}
