/* SPDX-License-Identifier: Apache-2.0 */
/* What a program needs before newlib's start on the boards that qemu imitates: the first words of memory, the
 * floating-point unit switched on, and a heap for programs that have one (the device library has none). */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

extern void _start(void); /* newlib's; it calls main() and ends the program by semihosting */
extern char stack_top[];
extern char end[]; /* of what is in RAM from the beginning */

void reset(void);
void* _sbrk(ptrdiff_t bytes);

void reset(void) {
  volatile uint32_t* const coprocessor_access = (volatile uint32_t*)0xE000ED88U;
  *coprocessor_access |= 0xFU << 20;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
  _start();
}

/* Newlib's own asks semihosting where the heap may be, to which qemu has no answer for every board. */
void* _sbrk(ptrdiff_t bytes) {
  enum { kStackBytes = 64 * 1024 };
  static char* used_to = end;
  char* const from = used_to;
  if ((intptr_t)from + bytes > (intptr_t)stack_top - kStackBytes) {
    errno = ENOMEM;
    return (void*)-1;
  }
  used_to += bytes;
  return from;
}

/* Any fault ends the program as one that failed: semihosting's SYS_EXIT with "internal error". */
static void fault(void) {
  __asm__ volatile("mov r0, #0x18\n\tldr r1, =0x20024\n\tbkpt 0xab" ::: "r0", "r1", "memory");
}

__attribute__((section(".vectors"), used)) static const void* const vectors[16] = {
    stack_top,    (void*)reset, (void*)fault, (void*)fault,
    (void*)fault, (void*)fault, (void*)fault, (void*)fault};
