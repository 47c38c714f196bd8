package dev.unlearn.eval.qa;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** Lets a model answer prompts. */
final class Answers {
  private Answers() {}

  /**
   * Returns the text that greedy decoding of a number of tokens makes of each prompt, up to an
   * ending token.
   */
  static List<String> greedy(
      CausalLm model, List<TokenSequence> prompts, int newTokens, OptionalInt endingId) {
    return model.generate(prompts, decoding(newTokens, endingId)).stream()
        .map(ids -> model.tokenizer().decode(until(ids, endingId)))
        .toList();
  }

  private static Decoding decoding(int newTokens, OptionalInt endingId) {
    Decoding.Builder decoding = Decoding.builder().newTokens(newTokens);
    return endingId.isEmpty()
        ? decoding.build()
        : decoding.addStopSequence(TokenSequence.of(endingId.getAsInt())).build();
  }

  private static int[] until(int[] ids, OptionalInt endingId) {
    return Arrays.stream(ids)
        .takeWhile(id -> endingId.isEmpty() || id != endingId.getAsInt())
        .toArray();
  }
}
