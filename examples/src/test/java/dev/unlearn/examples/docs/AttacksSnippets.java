package dev.unlearn.examples.docs;

import com.google.common.primitives.Ints;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.attack.Attacks;
import dev.unlearn.attack.Granularity;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.UnseenText;
import dev.unlearn.eval.attack.Attack;
import dev.unlearn.eval.attack.AttackContext;
import dev.unlearn.eval.attack.AttackSuite;
import dev.unlearn.eval.attack.Strength;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Recovery;
import dev.unlearn.eval.extraction.PrefixProbes;
import dev.unlearn.eval.extraction.Rewording;
import dev.unlearn.eval.extraction.SampledExtraction;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import java.util.Locale;

final class AttacksSnippets {
  private AttacksSnippets() {}

  static Recovery gate(
      TrainableCausalLm model, CausalLm original, ForgetSet set, List<TokenSequence> unseen) {
    AttackContext context =
        AttackContext.builder(model, set)
            .unseen(UnseenText.cutLike(unseen, set))
            .original(original) // if you have it
            .build();
    List<AttackResult> results =
        AttackSuite.of(
                List.of(
                    PrefixProbes.afterTrueTokens(),
                    PrefixProbes.laterStarts(),
                    PrefixProbes.truncated(),
                    PrefixProbes.reworded(Rewording.formats()),
                    SampledExtraction.of(64),
                    Attacks.relearning(),
                    Attacks.quantization(MemorizationAccuracy.of(), Granularity.perRow())))
            .run(context);
    return AttackSuite.verdict(results);
  }

  static Attack shouting() {
    return Attack.of(
        "shouting",
        "Shouting",
        "The prompt is given in capitals.",
        "ma",
        List.of(new Strength("capitals", 1)),
        (model, texts) ->
            List.of(accuracy(model, inCapitals(model.tokenizer(), texts.sequences()))));
  }

  private static List<Double> accuracy(CausalLm model, List<TokenSequence> sequences) {
    return MemorizationAccuracy.of().measure(model, sequences).perSequence();
  }

  private static List<TokenSequence> inCapitals(Tokenizer tokenizer, List<TokenSequence> texts) {
    return texts.stream().map(text -> inCapitals(tokenizer, text)).toList();
  }

  private static TokenSequence inCapitals(Tokenizer tokenizer, TokenSequence text) {
    String prompt = tokenizer.decode(text.ids(0, text.promptLength()));
    int[] capitals = tokenizer.encode(prompt.toUpperCase(Locale.ROOT)).ids();
    int[] rest = text.ids(text.promptLength(), text.length());
    return TokenSequence.of(Ints.concat(capitals, rest)).withPromptLength(capitals.length);
  }
}
