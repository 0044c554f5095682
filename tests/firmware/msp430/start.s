; Start of the replay on an MSP430, and the one call of the compiler's that passes its arguments in a way of its own.
	.text
	.globl _start
_start:
	mov #ld_stack_top, r1
	call #replay_reset

; 64-bit product: factors in r8 to r11 and in r12 to r15, the product in r12 to r15 (MSP430 EABI, 3.8). The first
; becomes the second argument of a C function, which is on the stack.
	.globl __mspabi_mpyll
__mspabi_mpyll:
	push r11
	push r10
	push r9
	push r8
	call #multiply_long_long
	add #8, r1
	ret
