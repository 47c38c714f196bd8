/**
 * Questions and what a model answers: {@link dev.unlearn.eval.qa.QaItem}s, the {@link
 * dev.unlearn.eval.qa.QaFormat} that makes a prompt of them, and the metrics that let the model
 * answer freely, {@link dev.unlearn.eval.qa.AnswerRecall} and {@link
 * dev.unlearn.eval.qa.KnowledgeMemorization}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.eval.qa;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
